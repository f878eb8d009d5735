/** Databases as connections: one small class a driver that proves an address and its login by a real connection. */
@NullMarked
package dev.latchkey.server.datastores;

import org.jspecify.annotations.NullMarked;
