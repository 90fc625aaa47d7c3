/* Names of models, as lists of them have them and as requests ask for them. Pure. */
#ifndef SLUICE_API_MODEL_NAME_H
#define SLUICE_API_MODEL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Is the model that is asked the listed one under one of the other names that servers take, though
 * their lists do not have them? "llama3" of "llama3:latest" (Ollama), "m:free" of "m" (OpenRouter),
 * "gemini-2.0" of "models/gemini-2.0" (Google), "openai/gpt-4o" of "openai/" and a star (LiteLLM).
 */
bool model_name_is_like(const char *listed, size_t listed_len, const char *asked, size_t len);
/* Does the list "a,b" have the model? like: under another name will do. */
bool model_names_have(const char *list, const char *asked, size_t len, bool like);

#endif
