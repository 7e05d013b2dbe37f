/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the section headers of a module: how much writable memory would it bring along? */

#include "pe/elf_check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/** gcc's start-up files leave that many bytes in .data and .bss of every shared object. */
enum { WRITABLE_MAX = 16 };

struct elf {
	const uint8_t *bytes;
	size_t size;
	const Elf64_Ehdr *header;
	const Elf64_Shdr *sections;
	const char *names;
	size_t names_size;
};

static bool
inside(const struct elf *elf, uint64_t offset, uint64_t size)
{
	return offset <= elf->size && size <= elf->size - offset;
}

/** Finds the section headers. @return whether the file is a 64-bit x86 shared object with sane ones
 */
static bool
read_headers(struct elf *elf)
{
	const Elf64_Ehdr *header = (const void *)elf->bytes;
	const Elf64_Shdr *names;

	if (elf->size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != ET_DYN ||
	    header->e_machine != EM_X86_64 || header->e_shentsize != sizeof(Elf64_Shdr) ||
	    header->e_shoff % 8 != 0 ||
	    !inside(elf, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)) ||
	    header->e_shstrndx >= header->e_shnum)
		return false;
	elf->header = header;
	elf->sections = (const void *)(elf->bytes + header->e_shoff);
	names = &elf->sections[header->e_shstrndx];
	if (!inside(elf, names->sh_offset, names->sh_size) || names->sh_size == 0 ||
	    elf->bytes[names->sh_offset + names->sh_size - 1] != '\0')
		return false;
	elf->names = (const char *)elf->bytes + names->sh_offset;
	elf->names_size = names->sh_size;
	return true;
}

/** @return whether a writable section is the linker's and the loader's, not the program's. */
static bool
is_linkers(const char *name)
{
	static const char *const names[] = {".dynamic",    ".got",        ".got.plt",
					    ".init_array", ".fini_array", ".tm_clone_table"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, ".data.rel.ro", 12) == 0;
}

/** @return the bytes that programs may write while they run; relocated constants are not among
 * them. */
static uint64_t
writable_bytes(const struct elf *elf)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < elf->header->e_shnum; i++) {
		const Elf64_Shdr *section = &elf->sections[i];
		const char *name =
			section->sh_name < elf->names_size ? elf->names + section->sh_name : "";

		if ((section->sh_flags & SHF_TLS) != 0)
			sum += section->sh_size + WRITABLE_MAX; /* thread-locals: none at all */
		else if ((section->sh_flags & SHF_WRITE) != 0 && !is_linkers(name))
			sum += section->sh_size;
	}
	return sum;
}

static int
check_bytes(const char *file, const uint8_t *bytes, size_t size, char *message, size_t message_size)
{
	struct elf elf = {.bytes = bytes, .size = size};

	if (!read_headers(&elf)) {
		snprintf(message, message_size, "%s: is no 64-bit x86 shared object", file);
		return -EINVAL;
	}
#ifndef WP_SANITIZE
	if (writable_bytes(&elf) > WRITABLE_MAX) {
		snprintf(message, message_size,
			 "%s: has writable statics or thread-locals; keep what lasts in declared "
			 "tables, "
			 "what is a worker's own in open_core()",
			 file);
		return -EPERM;
	}
#else
	(void)writable_bytes;
#endif
	return 0;
}

int
elf_check(const char *file, char *message, size_t message_size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), err;
	struct stat st;
	void *bytes;

	if (fd < 0) {
		err = -errno;
		snprintf(message, message_size, "%s: %s", file, strerror(-err));
		return err;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(message, message_size, "%s: is no file", file);
		err = -EINVAL;
		goto out;
	}
	if ((st.st_mode & S_IWOTH) != 0) {
		snprintf(message, message_size, "%s: everybody may write it; run: chmod o-w %s",
			 file, file);
		err = -EPERM;
		goto out;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		snprintf(message, message_size, "%s: is no 64-bit x86 shared object", file);
		err = -EINVAL;
		goto out;
	}
	err = check_bytes(file, bytes, (size_t)st.st_size, message, message_size);
	munmap(bytes, (size_t)st.st_size);
out:
	close(fd);
	return err;
}
