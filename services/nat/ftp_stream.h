/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a host inside says on a control connection of FTP, in which texts that name its endpoints
 * are replaced by others. Knows no NAT: bytes and TCP sequence numbers only. From a replaced text
 * on, the two sides count differently: a number of the host's count is near, one of the other
 * side's far.
 *
 * Each byte has one fate: what has been let through as it was stays so when it comes again, and
 * what has been replaced is replaced by the same.
 */

#ifndef NAT_FTP_STREAM_H
#define NAT_FTP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "ftp_line.h"

/** Replaced texts that are remembered: as many may be on their way unacknowledged. */
#define FTP_EDITS 4

/** A text that was replaced. */
struct ftp_edit {
	uint32_t at;           /* near number of its first byte */
	uint8_t before, after; /* bytes of the old text, of the new one */
	uint8_t text[FTP_TEXT_MAX];
	uint8_t spare[3];
};

enum ftp_phase {
	FTP_FRESH,   /* nothing was said yet */
	FTP_SPEAKS,  /* it is FTP */
	FTP_FOREIGN, /* it is not, and stays as it is */
	FTP_PHASES,
};

/** All that is known of one connection. Zeroed, but for 'seen' and 'of_server', at its beginning.
 */
struct ftp_stream {
	uint32_t seen;  /* near number of the first byte that was not judged yet */
	uint32_t acked; /* far number that the other side has acknowledged last; if has_acked */
	uint32_t shift; /* what is added to near numbers in front of the first edit */
	uint8_t n_edits;
	uint8_t phase; /* enum ftp_phase */
	/* 0 or 1: no bool, as they may come from a file. */
	uint8_t of_server; /* the inside is the server */
	uint8_t has_acked;
	uint8_t in_line; /* the byte 'seen' is within a line */
	uint8_t spare[3];
	struct ftp_edit edits[FTP_EDITS]; /* in order */
};

_Static_assert(sizeof(struct ftp_stream) == 20 + FTP_EDITS * 32, "no padding: it is exported");

/** A segment from inside. */
struct ftp_segment {
	uint32_t seq; /* near */
	const uint8_t *data;
	uint16_t size; /* bytes of data */
	bool ends;     /* has a FIN */
	/* What is to be sent in place of the data. */
	uint8_t *out;
	uint16_t room; /* bytes there are at out, and that may be sent */
	uint16_t out_size;
	bool is_cut; /* some of the end is left to a retransmission; the FIN too, then */
	/* Counts. */
	uint8_t replaced, left; /* lines that were replaced; that were not, though they look like it
				 */
};

/**
 * Finds what an endpoint of the inside is outside, and makes it reachable.
 * @param line  in: what was read; out: address and port are what is to be said instead
 * @return false: the line stays as it is
 */
typedef bool (*ftp_expose_fn)(void *arg, struct ftp_line *line);

/**
 * Judges a segment from inside, and says what is sent for it. A stream that is FTP_FOREIGN needs no
 * judging.
 * @return false: nothing may be, it is dropped. It comes again
 */
bool ftp_stream_out(struct ftp_stream *stream, struct ftp_segment *segment, ftp_expose_fn expose,
		    void *arg);

/** @return the far number of a near one. */
uint32_t ftp_stream_far(const struct ftp_stream *stream, uint32_t near);

/** @return the near number of a far one. Of one within a replaced text: that of the text's
 * beginning, or of its end. */
uint32_t ftp_stream_near(const struct ftp_stream *stream, uint32_t far, bool up);

/** Notes what the other side has acknowledged. @param far  number */
void ftp_stream_acked(struct ftp_stream *stream, uint32_t far);

/** @return whether bytes that somebody else wrote can be a stream: nothing in them leads astray. */
bool ftp_stream_is_sound(const struct ftp_stream *stream);

#endif
