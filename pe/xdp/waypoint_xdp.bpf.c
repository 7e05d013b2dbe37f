/* SPDX-License-Identifier: BSD-3-Clause */
/* The XDP program of AF_XDP ports: frames with a tag of ours go to the PE, all others to the
 * kernel. */

#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { QUEUES_MAX = 64, TAGS_MAX = 16 };

/** What 'frames' counts; same order as struct xdp_frames. */
enum { FRAMES_TO_PE, FRAMES_TO_KERNEL, FRAMES_NO_SOCKET, N_FRAMES };

/** Socket of each queue; DPDK's driver looks for this name. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

/** EtherTypes (network order) that are tags of ours; waypointd fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TAGS_MAX);
	__type(key, __u16);
	__type(value, __u8);
} tags SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, N_FRAMES);
	__type(key, __u32);
	__type(value, __u64);
} frames SEC(".maps");

static __always_inline void
count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&frames, &which);

	if (n)
		(*n)++;
}

SEC("xdp")
int
waypoint_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ether = data;
	__u32 queue = ctx->rx_queue_index;
	__u16 type;

	if ((void *)(ether + 1) > end)
		return XDP_PASS;
	type = ether->h_proto;
	if (!bpf_map_lookup_elem(&tags, &type)) {
		count(FRAMES_TO_KERNEL);
		return XDP_PASS;
	}
	if (!bpf_map_lookup_elem(&xsks_map, &queue)) {
		count(FRAMES_NO_SOCKET);
		return XDP_DROP; /* the kernel knows nothing of our tags */
	}
	count(FRAMES_TO_PE);
	return bpf_redirect_map(&xsks_map, queue, XDP_DROP);
}

char license_text[] SEC("license") = "Dual BSD/GPL";
