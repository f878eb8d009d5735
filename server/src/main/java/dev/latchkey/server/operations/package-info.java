/** Configuration, health, housekeeping. */
@NullMarked
package dev.latchkey.server.operations;

import org.jspecify.annotations.NullMarked;
