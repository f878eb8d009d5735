/** The programs of {@code docs/spring.md}. */
@org.jspecify.annotations.NullMarked
package example;
