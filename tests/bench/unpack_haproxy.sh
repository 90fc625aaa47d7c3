#!/bin/sh
# Unpacks Debian's haproxy and the libraries it lacks here into a folder, without installing them, and
# writes DIR/haproxy, which starts it: for `make bench-pace`.
#   unpack_haproxy.sh DIR
set -eu
dir=$1
mkdir -p "$dir/root"
cd "$dir"

missing()
{
	LD_LIBRARY_PATH=$(echo "$PWD"/root/usr/lib/*-linux-gnu*)
	export LD_LIBRARY_PATH
	ldd root/usr/sbin/haproxy | sed -n 's/^[[:space:]]*\(.*\) => not found$/\1/p'
}

unpack()
{
	apt-get -q download "$1" >>unpack.log 2>&1
	for deb in "$1"_*.deb; do
		dpkg-deb -x "$deb" root
	done
}

depends()
{
	apt-cache depends --important "$@" | sed -n 's/^ *|\{0,1\}\(Pre\)\{0,1\}Depends: \(lib.*\)$/\2/p'
}

rm -f ./*.deb unpack.log
unpack haproxy
# a library may need another one that is not there
packages=haproxy
for _ in 1 2 3; do
	if [ -z "$(missing)" ]; then
		break
	fi
	# shellcheck disable=SC2086 # one word a package
	packages=$(depends $packages)
	for package in $packages; do
		if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$'; then
			unpack "$package"
		fi
	done
done
cat >haproxy.tmp <<END
#!/bin/sh
LD_LIBRARY_PATH=$(echo "$PWD"/root/usr/lib/*-linux-gnu*) exec "$PWD/root/usr/sbin/haproxy" "\$@"
END
chmod +x haproxy.tmp
./haproxy.tmp -v >/dev/null
mv haproxy.tmp haproxy
