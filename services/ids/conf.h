/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration of the service. */

#ifndef IDS_CONF_H
#define IDS_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "field.h"

/** What becomes of packets that rules are about. */
enum ids_mode {
	IDS_DETECT,  /* all go on */
	IDS_PREVENT, /* rules that drop or reject do */
};

struct ids_conf {
	struct wp_list rules;  /* const char *: files */
	const void *variables; /* json_t *: name -> text */
	uint32_t mode;         /* enum ids_mode */
	struct wp_list order; /* const char *: actions of rules, those first that are asked first */
	const char *thresholds;     /* file; "": none */
	const char *classification; /* likewise */
	const char *references;     /* likewise */
	const char *geo;            /* database of where addresses are; "": none */
	const char *eve;            /* file that events go to; "": none */
	const char *socket;         /* likewise, a socket that takes them; "": none */
	struct wp_list events;      /* const char *: kinds of events: see kinds.h */
	struct wp_list subscribe;   /* const char *: those of them that subscribers hear of */
	struct wp_list details;     /* const char *: what they tell beyond the usual */
	bool capture;               /* packets are of a capture, and have numbers */
	uint32_t link;         /* layer of packets that are not Ethernet, by libpcap's numbers */
	uint32_t link_size;    /* bytes in front of IP that flows' bytes count, too */
	struct wp_list proofs; /* struct ids_proof */
	const char *cache;     /* folder of compiled patterns; "": none */
	bool midstream;        /* the bytes of connections that were not seen to begin are looked
				* at as streams, too */
	bool drop_invalid;     /* IDS_PREVENT: segments that the tracker does not believe do not
				* go on */
	bool encrypted;        /* so are those of TLS and SSH behind their handshakes */
	uint32_t chunk;        /* bytes of a stream that are looked at together */
	uint32_t alerts_max;   /* of one packet */
	uint32_t body;         /* bytes of a body that are looked at */
	uint32_t budget;       /* cycles that looking at a packet may take */
	uint32_t overload;     /* enum load_overload: what becomes of one that takes more */
	uint32_t later;        /* LOAD_LATER: percent of the time that are for what is put off */
};

/** Members of the configuration. */
extern const struct wp_field ids_fields[];

#endif
