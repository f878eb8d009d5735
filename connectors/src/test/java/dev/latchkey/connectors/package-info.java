@org.jspecify.annotations.NullMarked
package dev.latchkey.connectors;
