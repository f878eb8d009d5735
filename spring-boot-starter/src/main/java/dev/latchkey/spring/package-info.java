/** Latchkey in a Spring Boot application: a client, its health, and a route for webhooks. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.spring;
