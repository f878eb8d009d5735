/** Whole journeys with real counterparts: browsers, Nango's clients, certified authorization servers. */
@NullMarked
package dev.latchkey.server.journeys;

import org.jspecify.annotations.NullMarked;
