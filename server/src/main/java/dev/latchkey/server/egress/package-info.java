/** The one guarded way out. */
@NullMarked
package dev.latchkey.server.egress;

import org.jspecify.annotations.NullMarked;
