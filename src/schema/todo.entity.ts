import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An event to be selected again: the only rows selected behind a cursor (docs/design.md). */
@Entity('todo', { withoutRowid: true })
@Index('ix_todo_due', ['targetId', 'originId', 'company', 'dueAt', 'seq'])
@Index('ix_todo_pass', ['targetId', 'originId', 'company', 'passNo', 'seq'])
@Index('ix_todo_replay', ['targetId', 'originId'], { where: 'replay = 1' })
@Check('ck_todo_company', `company IN ('any', 'suspect', 'alone')`)
export class Todo {
  @PrimaryColumn({ name: 'target_id', type: 'integer' })
  targetId!: number;

  @PrimaryColumn({ type: 'integer' })
  seq!: number;

  @Column({ name: 'origin_id', type: 'integer' })
  originId!: number;

  @Column({ name: 'due_at', type: 'integer' })
  dueAt!: number;

  /** The pass that gave it its last outcome: that pass does not select it again. */
  @Column({ name: 'pass_no', type: 'integer' })
  passNo!: number;

  /**
   * With whom it may share a batch: `suspect` ones only with each other, as one
   * of them spoils the batch; `alone` ones with nobody (docs/protocol.md, "Other answers").
   */
  @Column({ type: 'text' })
  company!: string;

  /** 1 when an operator wants it delivered again: a new generation. */
  @Column({ type: 'integer' })
  replay!: number;
}
