/** Members, and how they sign in. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.server.team;
