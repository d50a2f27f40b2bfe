import { Entity, PrimaryColumn } from 'typeorm';
import { DeliveryColumns } from './delivery-columns.js';

/** How an earlier generation of a delivery ended. Append-only. */
@Entity('delivery_history', { withoutRowid: true })
export class PastDelivery extends DeliveryColumns {
  @PrimaryColumn({ type: 'integer' })
  generation!: number;
}
