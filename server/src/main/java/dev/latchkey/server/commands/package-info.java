/** What {@code ./latchkey} does besides running the server: one class a command, on picocli. */
@NullMarked
package dev.latchkey.server.commands;

import org.jspecify.annotations.NullMarked;
