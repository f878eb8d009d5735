/** The provider lab: plays the vendors of the catalogue offline, from their own definitions. */
@NullMarked
package dev.latchkey.lab;

import org.jspecify.annotations.NullMarked;
