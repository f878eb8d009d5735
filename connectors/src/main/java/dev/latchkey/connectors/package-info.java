/**
 * Connectors that need no server, for {@link dev.latchkey.client.Latchkey}: on the class path it is found by itself.
 */
@org.jspecify.annotations.NullMarked
package dev.latchkey.connectors;
