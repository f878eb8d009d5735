@NullMarked
package dev.latchkey.server.refresh;

import org.jspecify.annotations.NullMarked;
