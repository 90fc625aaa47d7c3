/* The effect of leaving the dashboard. */
#ifndef SLUICE_UI_LEAVING_H
#define SLUICE_UI_LEAVING_H

/* What it means to leave the dashboard of a run that goes on. */
enum ui_leaving {
	UI_LEAVING_ENDS,   /* it ends with its dashboard */
	UI_LEAVING_OFFERS, /* it may go on alone: `q` asks */
	UI_LEAVING_ONLY    /* it goes on: `q` leaves, and ends nothing */
};

#endif
