/** JSON, identifiers and times as the API writes them. */
@NullMarked
package dev.latchkey.server.json;

import org.jspecify.annotations.NullMarked;
