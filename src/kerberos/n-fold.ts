/**
 * Stretches or folds bytes to the given length (RFC 3961 §5.1). The function adds copies of the input in one's
 * complement arithmetic. Each copy is rotated right by 13 more bits than the previous one.
 */
export function nFold(input: Uint8Array, length: number): Uint8Array {
  const total = leastCommonMultiple(input.length, length);
  const bits = input.length * 8;
  const bitOf = (at: number) => ((input[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  const sum = new Uint8Array(length);
  let carry = 0;
  for (let at = total - 1; at >= 0; at--) {
    const rotation = 13 * Math.floor(at / input.length);
    const first = (at % input.length) * 8;
    let byte = 0;
    for (let bit = 0; bit < 8; bit++) byte = (byte << 1) | bitOf((((first + bit - rotation) % bits) + bits) % bits);
    carry += byte + (sum[at % length] ?? 0);
    sum[at % length] = carry & 255;
    carry >>= 8;
  }
  for (let at = length - 1; carry > 0; at = (at + length - 1) % length) {
    carry += sum[at] ?? 0;
    sum[at] = carry & 255;
    carry >>= 8;
  }
  return sum;
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}
