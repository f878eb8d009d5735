@org.jspecify.annotations.NullMarked
package dev.latchkey.server.drift;
