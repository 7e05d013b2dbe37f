/* SPDX-License-Identifier: BSD-3-Clause */
/* The service nat, to be judged by the model. */

#ifndef TESTS_NAT_PRODUCT_H
#define TESTS_NAT_PRODUCT_H

#include "bench.h"

extern const struct nat_product nat_service;

#endif
