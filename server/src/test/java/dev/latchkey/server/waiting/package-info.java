/** How tests wait. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.server.waiting;
