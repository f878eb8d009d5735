/** The named systems, each held to what its vendor documents: expectations written by hand, never derived from a definition. */
@NullMarked
package dev.latchkey.server.vendors;

import org.jspecify.annotations.NullMarked;
