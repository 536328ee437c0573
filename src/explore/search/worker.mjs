// Where a worker thread starts: it has nothing of the loaders of the thread that started it.
import { register } from 'tsx/esm/api';

register();
const { runTask } = await import('./worker.ts');
export default runTask;
