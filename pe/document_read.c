/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents from files. */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "pe/document.h"
#include "pe/document_check.h"

/** Takes a relative name from the document's folder. */
static int
rebase(struct document *document, const char **name)
{
	return wp_conf_rebase_name(document->folder, document->arena, name);
}

static int
rebase_all(struct document *document)
{
	int err = rebase(document, &document->key_store);

	if (err == 0)
		err = rebase(document, &document->state_dir);
	if (err == 0)
		err = rebase(document, &document->module_dir);
	if (err == 0)
		err = rebase(document, &document->control.socket);
	if (err == 0)
		err = rebase(document, &document->control.certificate);
	if (err == 0)
		err = rebase(document, &document->control.private_key);
	if (err == 0)
		err = rebase(document, &document->control.authority);
	if (err == 0)
		err = rebase(document, &document->control.revoked);
	for (uint32_t i = 0; err == 0 && i < document->n_modules; i++)
		if (strchr(document->modules[i], '/') != NULL)
			err = rebase(document, &document->modules[i]);
	for (uint32_t i = 0; err == 0 && i < document->n_ports; i++) {
		err = rebase(document, &document->ports[i].in);
		if (err == 0)
			err = rebase(document, &document->ports[i].out);
		if (err == 0)
			err = rebase(document, &document->ports[i].socket);
	}
	return err;
}

/** Reads a file whole. @return its text, malloc'ed; NULL with @p error filled */
static char *
read_text(const char *file, size_t *size, struct document_error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO is not waited for */
	char *text = NULL;
	struct stat st;
	ssize_t n = 0;

	*size = 0;
	if (fd < 0 || fstat(fd, &st) != 0) {
		document_say(error, "", "cannot be opened: %s", strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > (off_t)DOCUMENT_SIZE_MAX) {
		document_say(error, "", "is no file, or larger than %u bytes", DOCUMENT_SIZE_MAX);
	} else if ((text = malloc((size_t)st.st_size + 1)) == NULL) {
		document_say(error, "", "no memory");
	} else {
		while (*size < (size_t)st.st_size &&
		       (n = read(fd, text + *size, (size_t)st.st_size - *size)) > 0)
			*size += (size_t)n;
		if (n < 0) {
			document_say(error, "", "cannot be read: %s", strerror(errno));
			free(text);
			text = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/** Rebases all names. The folder's own name must not turn one into an option either. */
static int
rebase_and_check(struct document *document, const char *file, struct document_error *error)
{
	const char *given = getenv("WAYPOINT_FOLDER"); /* the document is a copy, say */
	char folder[PATH_MAX];
	int err = -ENOMEM;

	if ((size_t)snprintf(folder, sizeof(folder), "%s", file) >= sizeof(folder))
		return document_refuse(error, -EINVAL, "", "its file name is too long");
	document->folder =
		wp_arena_string(document->arena, given != NULL ? given : dirname(folder));
	if (document->folder != NULL)
		err = rebase_all(document);
	if (err == -ENAMETOOLONG)
		return document_refuse(error, -EINVAL, "",
				       "a file name in it is too long from its folder");
	for (uint32_t i = 0; err == 0 && i < document->n_ports; i++)
		err = document_check_port(&document->ports[i], i, error);
	return err;
}

int
document_parse_as(const char *file, const char *text, size_t size, struct document **document,
		  struct document_error *error)
{
	struct document *new = NULL;
	int err = document_parse(text, size, &new, error);

	if (err != 0)
		return err;
	err = rebase_and_check(new, file, error);
	if (err == 0) {
		*document = new;
		return 0;
	}
	if (err == -ENOMEM)
		document_say(error, "", "no memory");
	document_destroy(new);
	return err;
}

int
document_read(const char *file, struct document **document, struct document_error *error)
{
	size_t size;
	char *text;
	int err;

	*error = (struct document_error){0};
	text = read_text(file, &size, error);
	if (text == NULL)
		return -EINVAL;
	err = document_parse_as(file, text, size, document, error);
	free(text);
	return err;
}
