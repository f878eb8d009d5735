@NullMarked
package dev.latchkey.server.dashboard;

import org.jspecify.annotations.NullMarked;
