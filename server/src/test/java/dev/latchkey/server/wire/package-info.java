@NullMarked
package dev.latchkey.server.wire;

import org.jspecify.annotations.NullMarked;
