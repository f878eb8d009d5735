/** The programs of {@code docs/java-testing.md}. */
@org.jspecify.annotations.NullMarked
package example;
