// SPDX-License-Identifier: Apache-2.0
/** What models and races of threads have in common. */
@NullMarked
package dev.holdfast.modelchecks;

import org.jspecify.annotations.NullMarked;
