/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds our XDP program through the kernel, once the driver has put it on an interface. */

#include "pe/xdp.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "parse/parse.h"
#include "pe/beside.h"
#include "say.h"

enum { MAPS_MAX = 16 };

const char *
xdp_program(void)
{
	static char file[PATH_MAX];
	const char *given = getenv("WAYPOINT_XDP");

	if (given != NULL)
		return given;
	if (beside_program("xdp/waypoint_xdp.o", file) != NULL)
		return file;
	return WP_LIBDIR "/waypoint_xdp.o";
}

/** @return a descriptor of the map of that name that a program uses, or a negative errno. */
static int
find_map(int program, const char *name)
{
	uint32_t ids[MAPS_MAX] = {0};
	struct bpf_prog_info info = {.nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)ids};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program, &info, &size) != 0)
		return -errno;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MAPS_MAX; i++) {
		struct bpf_map_info map = {0};
		uint32_t map_size = sizeof(map);
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd < 0)
			return -errno;
		if (bpf_obj_get_info_by_fd(fd, &map, &map_size) == 0 && strcmp(map.name, name) == 0)
			return fd;
		close(fd);
	}
	return -ENOENT;
}

/** Writes which EtherTypes are tags of ours. */
static int
fill_tags(int program)
{
	uint16_t key = htons(WP_ETHERTYPE_NSH);
	uint8_t value = 1;
	int fd = find_map(program, "tags"), err = 0;

	if (fd < 0)
		return fd;
	if (bpf_map_update_elem(fd, &key, &value, BPF_ANY) != 0)
		err = -errno;
	close(fd);
	return err;
}

/** @return whether a descriptor of this process is an AF_XDP socket. */
static bool
is_xdp_socket(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_XDP;
}

static bool
is_known(const struct xdp_aside *aside, int fd)
{
	for (unsigned int i = 0; i < aside->n_sockets; i++)
		if (aside->sockets[i] == fd)
			return true;
	return false;
}

/** @return the next AF_XDP socket that is not known yet, or -1. DPDK tells nobody its sockets. */
static int
new_socket(const struct xdp_aside *aside)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int found = -1;

	while (dir != NULL && found < 0 && (entry = readdir(dir)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && is_xdp_socket(fd) && !is_known(aside, fd))
			found = fd;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

int
xdp_step_aside(const char *interface, struct xdp_aside *aside)
{
	int index = (int)if_nametoindex(interface), fd;
	uint32_t id = 0;

	*aside = (struct xdp_aside){.program = -1};
	while (aside->n_sockets < 64 && (fd = new_socket(aside)) >= 0)
		aside->sockets[aside->n_sockets++] = fd;
	if (index == 0 || bpf_xdp_query_id(index, 0, &id) != 0 || id == 0)
		return -ENOENT;
	aside->program = bpf_prog_get_fd_by_id(id);
	if (aside->program < 0)
		return -errno;
	return bpf_xdp_detach(index, 0, NULL);
}

int
xdp_step_back(const char *interface, struct xdp_aside *aside, uint32_t queue)
{
	int sockets = find_map(aside->program, "xsks_map");
	int socket = new_socket(aside), err = 0;

	if (sockets < 0)
		err = sockets;
	else if (socket < 0)
		err = -ENOTSOCK;
	else if (bpf_map_update_elem(sockets, &queue, &socket, BPF_ANY) != 0)
		err = -errno;
	if (err == 0)
		err = bpf_xdp_attach((int)if_nametoindex(interface), aside->program, 0, NULL);
	if (sockets >= 0)
		close(sockets);
	close(aside->program);
	aside->program = -1;
	return err;
}

/** @return whether program @p id is ours, by its name. */
static bool
is_ours(uint32_t id)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	int program = bpf_prog_get_fd_by_id(id);
	bool ours;

	if (program < 0)
		return false;
	ours = bpf_obj_get_info_by_fd(program, &info, &size) == 0 &&
	       strcmp(info.name, "waypoint_xdp") == 0;
	close(program);
	return ours;
}

int
xdp_clear(const char *interface, char *message, size_t message_size)
{
	unsigned int index = if_nametoindex(interface);
	uint32_t id = 0;

	if (bpf_xdp_query_id((int)index, 0, &id) != 0 || id == 0)
		return 0; /* not to be read without root: the driver will say so */
	if (is_ours(id) && bpf_xdp_detach((int)index, 0, NULL) == 0)
		return 0;
	return wp_say(
		message, message_size, -EBUSY,
		"interface '%s' carries XDP program %u, which is not ours; remove it: ip link "
		"set %s xdp off",
		interface, id, interface);
}

int
xdp_open(const char *interface, int *frames, char *message, size_t message_size)
{
	unsigned int index = if_nametoindex(interface);
	uint32_t id = 0;
	int program, err;

	if (index == 0 || bpf_xdp_query_id((int)index, 0, &id) != 0 || id == 0)
		return wp_say(message, message_size, -ENOENT,
			      "interface '%s' carries no XDP program; see: ip link show %s",
			      interface, interface);
	program = bpf_prog_get_fd_by_id(id);
	if (program < 0)
		return wp_say(message, message_size, -errno,
			      "interface '%s': its XDP program cannot be opened: %s", interface,
			      strerror(errno));
	err = fill_tags(program);
	if (err == 0) {
		*frames = find_map(program, "frames");
		err = *frames < 0 ? *frames : 0;
	}
	close(program);
	if (err != 0)
		return wp_say(message, message_size, err,
			      "interface '%s': XDP program %u is not ours (%s); remove it: ip link "
			      "set %s xdp off",
			      interface, id, strerror(-err), interface);
	return 0;
}

void
xdp_close(int frames)
{
	if (frames >= 0)
		close(frames);
}

int
xdp_read(int frames, struct xdp_frames *sum)
{
	int n_cpus = libbpf_num_possible_cpus();
	uint64_t *values, *out[] = {&sum->to_pe, &sum->to_kernel, &sum->no_socket};
	int err = 0;

	if (n_cpus < 0)
		return n_cpus;
	values = calloc((size_t)n_cpus, sizeof(*values));
	if (values == NULL)
		return -ENOMEM;
	*sum = (struct xdp_frames){0};
	for (uint32_t i = 0; err == 0 && i < 3; i++) {
		if (bpf_map_lookup_elem(frames, &i, values) != 0)
			err = -errno;
		for (int cpu = 0; err == 0 && cpu < n_cpus; cpu++)
			*out[i] += values[cpu];
	}
	free(values);
	return err;
}
