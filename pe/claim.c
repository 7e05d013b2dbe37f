/* SPDX-License-Identifier: BSD-3-Clause */
/* A claim is the name of an abstract socket: the kernel keeps one of each name in a network
 * namespace, and forgets it with the process, however that ends. */

#include "pe/claim.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "say.h"

int
claim_interface(const char *interface, int *claim, char *message, size_t message_size)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	unsigned int index = if_nametoindex(interface);
	int fd, err;

	if (index == 0)
		return wp_say(message, message_size, -ENODEV,
			      "there is no interface '%s' here; see: ip -br link", interface);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return wp_say(message, message_size, -errno, "no socket: %s", strerror(errno));
	snprintf(&name.sun_path[1], sizeof(name.sun_path) - 1, "waypointd-interface-%u", index);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0) {
		*claim = fd;
		return 0;
	}
	err = -errno;
	close(fd);
	return wp_say(
		message, message_size, err,
		"interface '%s': another port or another waypointd has it (%s); see: pgrep -a "
		"waypointd",
		interface, strerror(-err));
}
