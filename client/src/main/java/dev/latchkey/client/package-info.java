/**
 * Latchkey from Java: send a user to connect an account, and from then on ask for a credential that works.
 *
 * <p>Start at {@link dev.latchkey.client.Latchkey}. Everything here is thread-safe, blocks, and is at home on virtual threads.
 */
@org.jspecify.annotations.NullMarked
package dev.latchkey.client;
