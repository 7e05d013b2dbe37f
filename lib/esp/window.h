/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anti-replay window of an inbound SA (RFC 4303 3.4.3), with extended sequence numbers
 * (appendix A). A ring of words (as in RFC 6479) that is large enough for every size, so that a
 * size can change without losing what was seen. Owner only.
 */

#ifndef WP_ESP_WINDOW_H
#define WP_ESP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define ESP_WINDOW_MIN 64
#define ESP_WINDOW_MAX 65536
#define ESP_WINDOW_WORDS                                                                           \
	2048 /* twice the largest window: what slides out is cleared before it comes round */

struct esp_window {
	uint64_t top; /* highest number seen; 0: none yet */
	uint64_t seen[ESP_WINDOW_WORDS];
};

/** @return whether @p sequence is new: ahead of the window, or in it and not yet seen. 0 never is.
 */
bool esp_window_is_new(const struct esp_window *window, uint64_t sequence, uint32_t size);

/** Notes a number as seen, sliding the window when it is ahead. Only after its packet has proved
 * authentic. */
void esp_window_note(struct esp_window *window, uint64_t sequence);

/**
 * Completes the low half of an extended sequence number (RFC 4303 A2.2).
 * @return the number nearest to the window; 0 when it would lie before the first
 */
uint64_t esp_window_infer(const struct esp_window *window, uint32_t low, uint32_t size);

#endif
