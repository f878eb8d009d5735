@NullMarked
package dev.latchkey.server.logs;

import org.jspecify.annotations.NullMarked;
