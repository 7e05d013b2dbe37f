/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What would become of a packet: a PE of its own, with the document and the state of another, runs
 * packets one by one and says what each step did. Nothing is sent, nothing of the other PE changes;
 * keys are random. Control.
 */

#ifndef PE_EXPLAIN_H
#define PE_EXPLAIN_H

#include <stdio.h>

#include "pe/pe.h"

#define EXPLAIN_PACKETS_MAX 1000

/** Puts one port that leads nowhere, and one worker, in the place of a document's. */
void explain_prepare(struct document *document);

/**
 * Runs the packets of a file, frames as the router sends them.
 * @param pe    of a document from explain_prepare(), without threads, as a rehearsal
 * @param file  pcap or pcapng
 * @param path  a path whose tag is put on frames that have none; NULL: they are refused as such
 * @param out   gets a line of JSON for each packet
 * @return 0, or a negative errno with a line on stderr
 */
int explain_run(struct pe *pe, const char *file, const char *path, FILE *out);

#endif
