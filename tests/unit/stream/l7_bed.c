/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_bed.h. */

#include "l7_bed.h"

#include <stdlib.h>
#include <string.h>

#include "stream/l7/mime_view.h"

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "l7_bed: %s\n", what);
	abort();
}

/* Memory: its size stands in front, and bytes behind that are nobody's to write. */

enum { FRONT = 16, BEHIND = 16, FILL = 0xa5 };

static struct l7_bed *
bed_of(struct l7_run *run)
{
	return (struct l7_bed *)((char *)run - offsetof(struct l7_bed, run));
}

static void *
take(struct l7_run *run, size_t size)
{
	struct l7_bed *bed = bed_of(run);
	char *memory;

	must(size != 0 && size <= L7_TAKE_MAX, "takes too much, or nothing, at a time");
	if (bed->used + size > bed->limit)
		return NULL;
	memory = malloc(FRONT + size + BEHIND);
	must(memory != NULL, "no memory");
	memset(memory, FILL, FRONT + size + BEHIND);
	memcpy(memory, &size, sizeof(size));
	bed->used += size;
	if (bed->used > bed->peak)
		bed->peak = bed->used;
	return memory + FRONT;
}

static void
give(struct l7_run *run, void *memory)
{
	size_t size;

	if (memory == NULL)
		return;
	memcpy(&size, (char *)memory - FRONT, sizeof(size));
	for (size_t i = 0; i < BEHIND; i++)
		must(((uint8_t *)memory)[size + i] == FILL, "writes behind what it has");
	bed_of(run)->used -= size;
	free((char *)memory - FRONT);
}

/* What is told. */

void
l7_write_bytes(FILE *out, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] < 0x20 || data[i] > 0x7e || data[i] == '\\')
			fprintf(out, "\\x%02x", data[i]);
		else
			fputc(data[i], out);
	}
}

void
l7_write_span(FILE *out, const char *name, struct wp_span span)
{
	if (span.data == NULL)
		return;
	fprintf(out, " %s=", name);
	l7_write_bytes(out, span.data, span.size);
}

static void
end_body(struct l7_bed *bed)
{
	if (bed->open_body != 0)
		fputc('\n', bed->out);
	bed->open_body = 0;
}

static void
tell(struct l7_run *run, struct wp_stream_event *event)
{
	struct l7_bed *bed = bed_of(run);
	bool is_body = event->type == WP_HTTP_BODY || event->type == WP_SMTP_DATA ||
		       event->type == WP_MIME_DATA;

	must(!bed->is_closing, "tells when it is closed");
	must(event->type < WP_FLOW_EVENTS, "tells what there is not");
	must(event->side == run->side, "tells of the other side");
	must(event->type == WP_L7_ANOMALY || (bed->view->events & WP_EVENT_BIT(event->type)) != 0,
	     "tells what it does not say it does");
	must(!is_body || event->size != 0, "tells no bytes at all");
	if (event->type != WP_L7_ANOMALY && (bed->wants & WP_EVENT_BIT(event->type)) == 0)
		return;
	event->flow = &bed->flow;
	bed->n++;
	if (!is_body || bed->open_body != event->side + 1 || bed->open_type != event->type ||
	    bed->open_offset != event->offset) {
		end_body(bed);
		fprintf(bed->out, "%c ", "CS"[event->side]);
	}
	if (is_body) {
		if (bed->open_body == 0)
			fprintf(bed->out, "body@%llu ", (unsigned long long)event->offset);
		l7_write_bytes(bed->out, event->data, event->size);
		bed->open_body = event->side + 1;
		bed->open_type = event->type;
		bed->open_offset = event->offset + event->size;
		return;
	}
	if (event->type == WP_L7_ANOMALY)
		fprintf(bed->out, "anomaly %u", event->detail);
	else
		bed->write(bed->out, event);
	fputc('\n', bed->out);
}

static const struct l7_host host = {.take = take, .give = give, .tell = tell};

/* Running. */

void
l7_bed_open(struct l7_bed *bed)
{
	if (bed->limit == 0)
		bed->limit = 1 << 20;
	/* All but parts of mail, and what is told by how the bytes come. */
	if (bed->wants == 0)
		bed->wants = UINT32_MAX & ~(MIME_EVENTS | WP_EVENT_BIT(WP_HTTP_LINE));
	bed->run = (struct l7_run){.host = &host, .flow = &bed->flow, .wants = bed->wants};
	if (bed->view->state_size != 0) {
		must(bed->view->state_size <= L7_TAKE_MAX, "has too much state");
		bed->run.state = calloc(1, bed->view->state_size);
	}
	bed->flow.proto = bed->view->proto;
	bed->flow.l7 = (uint8_t)bed->view->protocol;
	bed->out = open_memstream(&bed->text, &bed->text_size);
}

static void
call(struct l7_bed *bed, unsigned int side)
{
	bed->run.side = side;
	bed->run.then = L7_GOES_ON;
	bed->run.offset = bed->offsets[side];
}

static void
called(struct l7_bed *bed)
{
	if (bed->run.then == L7_GOES_ON)
		return;
	bed->is_over = true;
	bed->then = bed->run.then;
}

void
l7_bed_feed(struct l7_bed *bed, unsigned int side, const void *data, size_t size, size_t step)
{
	const uint8_t *from = data;

	if (step == 0)
		step = size;
	while (size != 0 && !bed->is_over) {
		uint32_t part = (uint32_t)(step < size ? step : size), read;
		/* What lies behind a part is not to be looked at: it gets memory of its own. */
		uint8_t *copy = malloc(part);

		memcpy(copy, from, part);
		call(bed, side);
		read = bed->view->data(&bed->run, copy, part);
		free(copy);
		must(read <= part, "reads more than there is");
		must(read == part || bed->run.then == L7_BEGINS_ANEW,
		     "leaves bytes that are its own");
		bed->offsets[side] += read;
		from += read;
		size -= read;
		called(bed);
	}
	bed->left = (uint32_t)size;
}

void
l7_bed_gap(struct l7_bed *bed, unsigned int side, uint64_t size)
{
	if (bed->is_over)
		return;
	call(bed, side);
	bed->view->gap(&bed->run, size);
	bed->offsets[side] += size;
	called(bed);
}

void
l7_bed_finish(struct l7_bed *bed, unsigned int side)
{
	if (bed->is_over || bed->view->finish == NULL)
		return;
	call(bed, side);
	bed->view->finish(&bed->run);
	called(bed);
}

const char *
l7_bed_close(struct l7_bed *bed)
{
	call(bed, 0);
	bed->is_closing = true;
	if (bed->view->close != NULL)
		bed->view->close(&bed->run);
	free(bed->run.state);
	must(bed->used == 0, "keeps memory");
	end_body(bed);
	fclose(bed->out);
	return bed->text;
}

void
l7_bed_free(struct l7_bed *bed)
{
	free(bed->text);
}

/* Fuzzing. */

enum { RUN_MAX = 65536, HUGE_SHIFT = 32 };

/** How an input is run through. */
struct way {
	size_t step;    /* bytes at a time; 0: as they come */
	size_t limit;   /* as l7_bed.limit */
	bool is_joined; /* what a side says without a break comes at once */
};

/** Bytes that wait to be fed. */
struct waiting {
	uint8_t bytes[RUN_MAX];
	size_t size;
	unsigned int side;
};

static void
flush(struct l7_bed *bed, struct waiting *waiting, const struct way *way)
{
	l7_bed_feed(bed, waiting->side, waiting->bytes, waiting->size, way->step);
	waiting->size = 0;
}

static void
feed_part(struct l7_bed *bed, struct waiting *waiting, const struct way *way, unsigned int side,
	  const uint8_t *data, size_t size)
{
	if (side != waiting->side || size > RUN_MAX - waiting->size || !way->is_joined)
		flush(bed, waiting, way);
	waiting->side = side;
	memcpy(waiting->bytes + waiting->size, data, size);
	waiting->size += size;
}

uint32_t l7_fuzz_wants;

/** Runs through an input. */
static char *
fuzz_once(const struct l7_view *view, l7_write write, uint16_t server_port, const uint8_t *data,
	  size_t size, const struct way *way)
{
	struct l7_bed bed = {.view = view,
			     .write = write,
			     .server_port = server_port,
			     .limit = way->limit,
			     .wants = l7_fuzz_wants};
	static struct waiting waiting;

	waiting.size = 0;
	l7_bed_open(&bed);
	while (size >= 2) {
		unsigned int side = data[0] & 1, kind = data[0] >> 1 & 0x1f,
			     shift = data[0] >> 6 & 3;
		size_t part = (size_t)data[1] << shift;

		data += 2;
		size -= 2;
		if (kind == 0x1f) {
			flush(&bed, &waiting, way);
			/* Some are longer than 32 bits can say. */
			l7_bed_gap(&bed, side, part + 1 + ((uint64_t)(shift == 3) << HUGE_SHIFT));
		} else if (kind == 0x1e) {
			flush(&bed, &waiting, way);
			l7_bed_finish(&bed, side);
		} else {
			part = part < size ? part : size;
			feed_part(&bed, &waiting, way, side, data, part);
			data += part;
			size -= part;
		}
	}
	flush(&bed, &waiting, way);
	end_body(&bed);
	if (bed.then == L7_BEGINS_ANEW)
		fprintf(bed.out, "hands over at %llu, %llu\n", (unsigned long long)bed.offsets[0],
			(unsigned long long)bed.offsets[1]);
	else if (bed.is_over)
		fputs("stops\n", bed.out);
	l7_bed_close(&bed);
	return bed.text;
}

/** What was said of the first bytes stays so when there are more. */
static void
fuzz_match(const struct l7_view *view, uint16_t server_port, const uint8_t *data, size_t size)
{
	size_t most = view->proto == 17 || size < L7_MATCH_SIZE ? size : L7_MATCH_SIZE;

	for (unsigned int side = 0; side < 2; side++) {
		enum l7_match before = L7_MAYBE;

		for (size_t n = view->proto == 17 ? most : 1; n != 0 && n <= most; n++) {
			uint8_t *copy = malloc(n);
			struct l7_hint hint = {.data = copy,
					       .size = (uint32_t)n,
					       .side = side,
					       .server_port = server_port,
					       .proto = view->proto};
			enum l7_match now;

			memcpy(copy, data, n);
			now = view->match(&hint);
			must(before == L7_MAYBE || now == before, "changes its mind");
			before = now;
			free(copy);
		}
	}
}

void
l7_fuzz(const struct l7_view *view, l7_write write, uint16_t server_port, const uint8_t *data,
	size_t size)
{
	bool is_udp = view->proto == 17;
	const struct way ways[] = {{.step = 0},
				   {.step = is_udp ? 0 : 1 + size % 7},
				   {.is_joined = !is_udp},
				   {.limit = 1 + size * 37 % 8192}};
	char *texts[4];

	for (unsigned int i = 0; i < 4; i++)
		texts[i] = fuzz_once(view, write, server_port, data, size, &ways[i]);
	for (unsigned int i = 1; i < 3; i++) {
		if (strcmp(texts[0], texts[i]) == 0)
			continue;
		fprintf(stderr, "as it comes:\n%s\ncut otherwise (%u):\n%s\n", texts[0], i,
			texts[i]);
		must(false, "tells something else when bytes are cut otherwise");
	}
	for (unsigned int i = 0; i < 4; i++)
		free(texts[i]);
	fuzz_match(view, server_port, data, size);
	if (size > 2)
		fuzz_match(view, server_port, data + 2, size - 2);
}
