/** Lets real time pass until the condition holds: looks at it after each turn of the loop, and does not wait for ever. */
export function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 15_000;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (condition()) resolve();
      else if (performance.now() > limit) reject(new Error(`never: ${condition}`));
      else setTimeout(look, 1);
    };
    look();
  });
}
