import type { Collection, Model, mongo } from 'mongoose';

/**
 * The driver's own collection of a model: for what is written often. Mongoose would make and check a document of its own for each,
 * which costs more than to send it, and what it would check the types have.
 */
export function driverCollection<T extends mongo.Document>(model: Model<T>): Collection<T> {
  return model.db.collection<T>(model.collection.name);
}
