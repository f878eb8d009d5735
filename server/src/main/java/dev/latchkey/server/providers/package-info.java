/** What can be connected in each environment: the catalogue, and over it the environment's own definitions. */
@NullMarked
package dev.latchkey.server.providers;

import org.jspecify.annotations.NullMarked;
