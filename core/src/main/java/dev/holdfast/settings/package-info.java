/**
 * What can be set of each kind of policy, named once: for configuration from files and frameworks, for tables of documentation, and for
 * consoles. Applications that build their policies in code do not need it.
 */
@NullMarked
package dev.holdfast.settings;

import org.jspecify.annotations.NullMarked;
