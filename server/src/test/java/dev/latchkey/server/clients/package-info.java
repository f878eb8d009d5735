/** The Java client against a running server. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.server.clients;
