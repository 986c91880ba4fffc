/** Bencode: bytes in, values out, and the same bytes again (BEP 3, bencoding). */
import { decode, decodeLenient, encode, listAt, textAt } from '@ferro/bencode';

const bytes = new TextEncoder().encode('d5:filesl5:a.txt5:b.txte4:name6:foldere');
const value = decode(bytes);
console.log('name:', textAt(value, 'name'), '- files:', listAt(value, 'files')?.length);
console.log('the same bytes again:', new TextDecoder().decode(encode(value)) === new TextDecoder().decode(bytes));

// Deployed files are not always right. The lenient reader reads them and says what was wrong, and where.
const sloppy = new TextEncoder().encode('d4:name3:abc3:agei007ee');
const { deviations } = decodeLenient(sloppy);
for (const { code, offset } of deviations) console.log(`byte ${offset}: ${code}`);
