/** What differs between Spring Boot 3 and 4. */
@org.jspecify.annotations.NullMarked
package dev.latchkey.spring.boot3;
