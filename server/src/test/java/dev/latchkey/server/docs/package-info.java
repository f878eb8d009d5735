/** What the guides show is run, compiled, or held against the real thing. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.server.docs;
