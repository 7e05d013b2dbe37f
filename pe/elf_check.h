/* SPDX-License-Identifier: BSD-3-Clause */
/* Looks into a module's file before it is loaded. */

#ifndef PE_ELF_CHECK_H
#define PE_ELF_CHECK_H

#include <stddef.h>

/**
 * Refuses files that are no 64-bit shared object, that others may write, or that have writable
 * statics or thread-locals (sanitizer builds: not checked, the compiler adds some).
 * @return 0, or a negative errno with @p message filled
 */
int elf_check(const char *file, char *message, size_t message_size);

#endif
