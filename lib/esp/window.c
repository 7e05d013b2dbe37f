/* SPDX-License-Identifier: BSD-3-Clause */
/* See window.h. */

#include "esp/window.h"

static uint64_t *
word_of(struct esp_window *window, uint64_t sequence)
{
	return &window->seen[sequence / 64 % ESP_WINDOW_WORDS];
}

bool
esp_window_is_new(const struct esp_window *window, uint64_t sequence, uint32_t size)
{
	if (sequence == 0)
		return false;
	if (sequence > window->top)
		return true;
	if (window->top - sequence >= size)
		return false;
	return (window->seen[sequence / 64 % ESP_WINDOW_WORDS] >> sequence % 64 & 1) == 0;
}

void
esp_window_note(struct esp_window *window, uint64_t sequence)
{
	if (sequence > window->top) {
		uint64_t words = sequence / 64 - window->top / 64;

		if (words > ESP_WINDOW_WORDS)
			words = ESP_WINDOW_WORDS;
		for (uint64_t i = 0; i < words; i++)
			*word_of(window, sequence - 64 * i) = 0;
		window->top = sequence;
	}
	*word_of(window, sequence) |= (uint64_t)1 << sequence % 64;
}

uint64_t
esp_window_infer(const struct esp_window *window, uint32_t low, uint32_t size)
{
	uint32_t top_low = (uint32_t)window->top, bottom = top_low - size + 1;
	uint64_t high = window->top >> 32;

	if (top_low >= size - 1) { /* the window lies within one half: below it is the next round */
		if (low < bottom)
			high++;
	} else if (low >= bottom) { /* it reaches back into the round before */
		if (high == 0)
			return 0;
		high--;
	}
	return high << 32 | low;
}
