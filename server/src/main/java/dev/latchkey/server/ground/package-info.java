/** What every other package is made from (settings, database, clocks, ids, vault, audit log), and the order in which all of it stops. */
@NullMarked
package dev.latchkey.server.ground;

import org.jspecify.annotations.NullMarked;
