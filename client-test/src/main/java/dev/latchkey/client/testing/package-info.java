/** For the tests of applications that use the Java client: a server in memory, signed webhooks, and a JUnit extension. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.client.testing;
