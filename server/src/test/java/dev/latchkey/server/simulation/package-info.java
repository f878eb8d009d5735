/** Three nodes, one database, vendors that rotate, and everything that goes wrong: seeded schedules, and what must hold after each. */
@NullMarked
package dev.latchkey.server.simulation;

import org.jspecify.annotations.NullMarked;
