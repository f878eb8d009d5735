/** The switch that stops the use of credentials at once, without losing them. */
@NullMarked
package dev.latchkey.server.pauses;

import org.jspecify.annotations.NullMarked;
