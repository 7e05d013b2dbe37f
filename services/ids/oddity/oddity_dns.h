/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about messages of DNS, as Suricata's parser counts it. */

#ifndef IDS_ODDITY_DNS_H
#define IDS_ODDITY_DNS_H

#include "oddity/oddity.h"
#include "stream/l7/dns.h"

/** Adds what is odd about a message. Worker. */
void oddity_dns(const struct wp_dns_message *message, struct oddities *odd);

#endif
