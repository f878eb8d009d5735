@NullMarked
package dev.latchkey.lab;

import org.jspecify.annotations.NullMarked;
